from hypothesis import settings

# A busy machine must not fail a test: what is slow is measured by `make bench`.
settings.register_profile("cyclelight", deadline=None)
settings.load_profile("cyclelight")
