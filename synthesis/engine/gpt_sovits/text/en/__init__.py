"""English: words, pronunciations in the form that the models were trained on, phones."""
