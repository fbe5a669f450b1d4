"""Results and events over MQTT.

settings    what the address and the environment say
discovery   what Home Assistant is told so that entities appear by themselves
sink        the connection, and what goes over it
"""
