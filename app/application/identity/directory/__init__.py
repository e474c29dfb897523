"""Who there is and what they may do: what the parts of identity stand on and share.

Users, companies, memberships, roles and sessions as commands load them, what is looked up before a
company is known, and how passwords and tokens are checked.
"""
