"""Korean: numbers, standard pronunciation, jamo."""
