"""A change of an item, as expressions and sizes. Pure: no client, no clock; an item is what boto3's client gives.

``work`` is the door for whoever goes through a table: it decides what is to be written of one item. Beneath it are the
values, the recording mapping that a function is given, the conditions and the sizes.
"""
