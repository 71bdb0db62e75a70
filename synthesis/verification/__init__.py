"""Was this made here? Each technique answers for itself; ``verdict`` puts the answers together; ``audience`` cuts them to who asks."""
