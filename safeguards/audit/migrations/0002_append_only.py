"""Refuse UPDATE, DELETE and TRUNCATE in the database itself."""

from django.db import migrations

from safeguards.audit import triggers


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_log")]

    operations = [migrations.RunPython(triggers.install_migration, triggers.remove_migration, elidable=False)]
