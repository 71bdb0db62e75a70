"""Text to phones, as the GPT-SoVITS models were trained on them: Chinese, English, Japanese, Korean and Cantonese."""
