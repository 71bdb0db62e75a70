"""Webhooks by the Standard Webhooks specification (standardwebhooks.com): events, deliveries, signatures, and whom we may connect to."""
