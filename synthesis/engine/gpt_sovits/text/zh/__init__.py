"""Mandarin: normalising, cutting into words, readings, tone sandhi, phones."""
