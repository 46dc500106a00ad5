"""What all tests share: Hypothesis without deadlines, as machines that run tests are slow at times."""

from hypothesis import settings

settings.register_profile("calsync", deadline=None)
settings.load_profile("calsync")
