"""The one exit: everything that a person can hear passes here (DESIGN 2.3).

``release`` and ``streaming`` run in the egress worker and write; ``delivery`` runs in the web process and reads; ``removal`` drops.
"""
