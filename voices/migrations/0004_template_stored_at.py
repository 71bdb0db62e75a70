import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("voices", "0003_protection_jobs")]

    operations = [
        migrations.AddField(
            model_name="speakertemplate",
            name="stored_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]
