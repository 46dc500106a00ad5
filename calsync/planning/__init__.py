"""Where the week's sessions go. Pure: reads no clock, no zone of the machine, no file.

The public entry is calsync.planning.plan.make_plan().
"""
