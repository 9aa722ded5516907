"""The one seam to a language model: score branches after a stem, or write on from here."""

from logging import ERROR, getLogger

# Already when imported it warns that an optional kernel is absent; its own kernels are the ones measured and meant.
getLogger("bitsandbytes.backends.cpu.ops").setLevel(ERROR)
# int8 says at every layer of every pass that its inputs are cast to float16.
getLogger("bitsandbytes.autograd._functions").setLevel(ERROR)
