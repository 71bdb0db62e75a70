"""The platform's interfaces: settings, accounts, API, web console, webhooks, commands."""
