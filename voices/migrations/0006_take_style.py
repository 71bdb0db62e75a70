from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voices', '0005_voice_weights'),
    ]

    operations = [
        migrations.AddField(
            model_name='take',
            name='style',
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
