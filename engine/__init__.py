"""The one seam to a language model: score branches after a stem, or write on from here."""
