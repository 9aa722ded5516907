"""Training: transformers' `Trainer` over a plan of steps, with losses of our own, and a guard against NaN."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from torch import Tensor
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint

from engine.methods import AfterStep
from tuning.examples import Reading
from tuning.plan import Plan
from tuning.reader import Reader, ReadingBatch, collate
from workspace.errors import ForetasteError, NotReady

LOG = "log.jsonl"
BEST = "log_likelihood"


def processes() -> PartialState:
    """The processes that train together: one, but for what `accelerate launch` started."""
    return PartialState(cpu=not torch.cuda.is_available())


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train: learning rates of adapter and head, the share of steps in which they rise, and so on.

    Validation is looked at `looks` times; after `patience` looks without a better one training ends. With 0 looks the
    last step counts.
    """

    rate: float = 1e-3
    head_rate: float = 2e-3
    warm_up: float = 0.06
    weight_decay: float = 0.0
    clip: float = 1.0
    looks: int = 8
    patience: int = 3
    seed: int = 0
    report_to: str = "none"


class ReadingTrainer(Trainer):  # type: ignore[misc]
    """Trains a `Reader` along a plan; `look` gives validation's mean log-likelihood of a target, in nats."""

    control: Any
    _before: tuple[float, int] | None = None  # seconds and tokens before this run went on
    _read = 0
    _events = 0  # of the last batch

    def __init__(
        self, reader: Reader, plan: Plan, look: Callable[[], float] | None, folder: Path, options: TrainOptions
    ) -> None:
        """Checkpoints and the log are written to `folder`.

        Raises:
            NotReady: what it is to report to is not installed.
        """
        if options.report_to != "none" and not find_spec(options.report_to):
            raise NotReady(f"to report to {options.report_to}, install it: pip install {options.report_to}")
        steps = -(-len(plan) // processes().num_processes)
        every = max(1, steps // (options.looks or 4))
        logged = max(1, every // 4)
        every -= every % logged  # a run that goes on at a look logs where one that never stopped does
        arguments = TrainingArguments(
            output_dir=str(folder),
            max_steps=steps,
            per_device_train_batch_size=1,
            learning_rate=options.rate,
            lr_scheduler_type="linear",
            warmup_steps=round(options.warm_up * steps),
            weight_decay=options.weight_decay,
            max_grad_norm=options.clip,
            eval_strategy="steps" if look else "no",
            eval_steps=every,
            save_steps=every,
            save_total_limit=2,
            logging_steps=logged,
            load_best_model_at_end=look is not None,
            metric_for_best_model=BEST,
            greater_is_better=True,
            restore_callback_states_from_checkpoint=True,
            report_to=options.report_to,
            seed=options.seed,
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=not torch.cuda.is_available(),
        )
        callbacks = [Journal(folder / LOG), Guard(self), *([EarlyStoppingCallback(options.patience)] if look else [])]
        if reader.after_step:
            callbacks.append(Method(reader.after_step))
        # It wants a data set to look at; `look` has its own.
        super().__init__(
            reader, arguments, data_collator=_joined, train_dataset=plan, eval_dataset=plan, callbacks=callbacks
        )
        self.remove_callback(PrinterCallback)
        self._look, self._options = look, options
        self._begun = time.perf_counter()

    def take_up(self) -> None:
        """What a run that came to its end has left: its log, and the weights that were the best."""
        last = Path(get_last_checkpoint(str(self.args.output_dir)))
        self.state = TrainerState.load_from_json(str(last / TRAINER_STATE_NAME))
        self._load_best_model()

    @property
    def seconds(self) -> float:
        """What training has taken up to the last line of the log, the time before it was resumed with it."""
        return self._logged("seconds")

    @property
    def tokens(self) -> int:
        """What was read up to there."""
        return int(self._logged("tokens"))

    def _logged(self, name: str) -> float:
        return max((line.get(name, 0.0) for line in self.state.log_history), default=0.0)

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Log, with the seconds that training has taken, and the tokens that were read."""
        if self._before is None:
            self._before = self.seconds, self.tokens
        seconds, tokens = self._before
        spent = {"seconds": seconds + time.perf_counter() - self._begun, "tokens": tokens + self._read}
        super().log({**logs, **spent}, *args, **kwargs)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The plan's steps in their order."""
        loader = DataLoader(self.train_dataset, batch_size=1, shuffle=False, collate_fn=_joined)
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The reader's loss.

        Raises:
            ForetasteError: it is no number; the last good checkpoint stays.
        """
        batch = ReadingBatch(**inputs)
        self._read += batch.tokens
        loss: Tensor = model(batch)["loss"]
        self._events = len(batch.targets)
        if not torch.isfinite(loss):
            raise self.no_number(f"the loss became {loss.item()}")
        return (loss, {}) if return_outputs else loss

    def no_number(self, what: str) -> ForetasteError:
        """The error to raise before the step is made: `what` happened, in which batch, and the way out."""
        return ForetasteError(
            f"{what} in step {self.state.global_step + 1}, a batch of {self._events} events; the last good checkpoint "
            f"stays in {self.args.output_dir}: tune again with a lower --rate, under another --name to keep it"
        )

    def create_optimizer(self, model: Any = None) -> Any:
        """AdamW, the head with a rate of its own."""
        trained = self.model.trained()
        head = [value for name, value in trained.items() if name.startswith("head.")]
        adapter = [value for name, value in trained.items() if not name.startswith("head.")]
        groups = [{"params": adapter, "lr": self._options.rate}, {"params": head, "lr": self._options.head_rate}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=self._options.weight_decay)
        return self.optimizer

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **kwargs: Any) -> dict[str, float]:
        """Look at validation."""
        found = {f"{metric_key_prefix}_{BEST}": self._look()} if self._look else {}
        self.log(found)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, found)
        return found


class Guard(TrainerCallback):  # type: ignore[misc]
    """Lets no step be made by gradients that are no numbers: a loss that is one can have them."""

    def __init__(self, trainer: ReadingTrainer) -> None:
        self._trainer = trainer

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Refuse them."""
        gradients = [value.grad for value in self._trainer.model.trained().values() if value.grad is not None]
        if not all(torch.isfinite(gradient).all() for gradient in gradients):
            raise self._trainer.no_number("a gradient became no number")


class Method(TrainerCallback):  # type: ignore[misc]
    """Tells the method of each step, before the gradients are gone."""

    def __init__(self, after_step: AfterStep) -> None:
        self._after_step = after_step

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """So many steps were made before."""
        self._after_step(state.global_step)

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The step that is being made counts from 1."""
        self._after_step(state.global_step + 1)


class Journal(TrainerCallback):  # type: ignore[misc]
    """Writes everything that is logged as lines of JSON."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """One line a log."""
        with self._file.open("a") as file:
            file.write(json.dumps({"step": state.global_step, **logs}) + "\n")


def _joined(steps: list[list[Reading]]) -> dict[str, Tensor]:
    """One step's readings as the fields of a `ReadingBatch`."""
    batch = collate([reading for step in steps for reading in step])
    return {name: getattr(batch, name) for name in ReadingBatch.__slots__}
