"""WHAT IS SPOKEN: requests, training, rendering, egress, clips, verification."""
