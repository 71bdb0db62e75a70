"""The speaker model that v2Pro and v2ProPlus condition on."""
