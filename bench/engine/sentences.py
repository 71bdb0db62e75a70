"""What the clones say: ten sentences that no owner read."""

from __future__ import annotations

SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Please remember to bring your passport and two recent photographs to the appointment.",
    "I never said that the meeting would start before nine o'clock in the morning.",
    "A young child should not swim alone in such a rough sea.",
    "Could you tell me how much it costs to send this package to Germany?",
    "The old museum will be closed until the first week of February.",
    "She opened the window because the kitchen was full of smoke.",
    "My brother is going to drive us to the airport after lunch.",
    "We have received your order and it will be delivered on Thursday.",
    "Thank you for calling, your voice has been recorded for quality purposes.",
)
