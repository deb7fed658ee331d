"""What a controller does with pins, as a process that can be killed: prints what it reads."""

import sys
import time

from gpiozero import DigitalInputDevice, PWMOutputDevice

lamp = PWMOutputDevice(12, initial_value=1.0, frequency=1000)
motion = DigitalInputDevice(17, pull_up=None, active_state=True)
lamp.value = float(sys.argv[1])
print(f"motion {motion.value}", flush=True)  # noqa: T201  the test reads it
while True:
    time.sleep(1.0)
