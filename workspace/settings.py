"""Settings: one small file in the home, overridden by `FORETASTE_…` environment variables."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from workspace.errors import UsageError
from workspace.home import Home

Precision = Literal["nf4", "int8", "bf16", "fp32"]
PrecisionChoice = Literal[Precision, "auto"]  # auto: the fastest on this machine
Readout = Literal["yes-no", "likelihood"]
Rendering = Literal["title", "title-year", "title-year-category"]
TopicKind = Literal["auto", "categories", "clusters", "both"]
Writing = Literal["auto", "plans", "freely"]


class Settings(BaseSettings):
    """What a user may choose; each default lives here and nowhere else."""

    model_config = SettingsConfigDict(env_prefix="FORETASTE_", extra="forbid")

    store: str = Field("", description="database URL of the event store; empty: SQLite in the home")
    model: str = Field("smollm2-135m-instruct", description="a fetched name, a local folder or a hub name")
    encoder: str = Field("all-minilm-l6-v2", description="a fetched name, a local folder or a hub name")
    precision: PrecisionChoice = Field("nf4", description="how the language model's weights are held; auto: measured")
    readout: Readout = Field("likelihood", description="what is read at the end of a candidate's branch")
    rendering: Rendering = Field("title-year", description="how an item is written in a prompt")
    domain: str = Field("video", description="the domain pack: video, shopping, reading, news or social")
    topics: TopicKind = Field("auto", description="what interests are told in; auto: categories where items have them")
    writing: Writing = Field("auto", description="how reasons are worded; auto: by the model's size")
    candidates: int = Field(20, ge=1, le=10_000, description="how many candidates the language model reranks")
    history_over: int = Field(40, ge=2, le=2_000, description="a history longer than this is cut …")
    history_keep: int = Field(20, ge=1, le=2_000, description="… in blocks, so that at least this many events stay")
    item_tokens: int = Field(16, ge=4, le=512, description="an item's text is cut to this many tokens")
    stem_mib: int = Field(512, ge=0, le=1_048_576, description="MiB that histories which were read may take; 0: none")
    threads: int = Field(0, ge=0, le=1_024, description="CPU threads for the models; 0: all cores")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the home's file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(home: Home) -> Settings:
    """The settings of `home`.

    Raises:
        UsageError: the file or a variable holds an unknown name or a wrong value.
    """

    class HomeSettings(Settings):
        model_config = SettingsConfigDict(toml_file=home.settings_file)

    try:
        settings = HomeSettings()
    except (ValidationError, ValueError) as error:
        raise UsageError(f"settings in {home.settings_file} or FORETASTE_… variables: {_first_line(error)}") from error
    if settings.history_keep >= settings.history_over:
        raise UsageError(
            f"settings: history_keep ({settings.history_keep}) must be below history_over ({settings.history_over})"
        )
    return settings


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        return f"{name} = {first.get('input')!r}: {first['msg']}"
    return str(error)
