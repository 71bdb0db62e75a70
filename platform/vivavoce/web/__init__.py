"""The console: plain templates, htmx for polling, one script for the microphone."""
