#!/usr/bin/env python3
"""small - the simulators themselves, and the sketch, in small worlds: what must hold whatever the numbers are"""
