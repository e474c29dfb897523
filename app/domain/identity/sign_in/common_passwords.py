"""What is tried first: a local list, so that no password leaves the service to be checked.

``COMMON_WORDS`` are the words of the usual lists of leaked passwords, ``COMMON`` the passwords of
those lists that have eight characters and more; a password put together from them alone is refused.
All are folded, without signs.

``leaked_passwords.txt.gz`` holds four thousand of them: the most frequent ones of the list of
zxcvbn (copyright 2012-2016 Dan Wheeler and Dropbox, Inc., MIT licence) without digits at their
ends, but for those that the rules of ``passwords`` refuse anyway.
"""

import gzip
from pathlib import Path
from typing import Final

_LEAKED: Final = Path(__file__).with_name("leaked_passwords.txt.gz")

COMMON_WORDS: Final = frozenset(
    (
        "abc abc123 access account admin administrator alexander amanda andrew angel anthony apple "
        "arsenal ashley asdf asdfgh asdfghjkl ashley baby bailey banana barcelona baseball "
        "basketball batman beautiful blessed bond buster butterfly changeme charlie cheese chelsea "
        "chocolate christian company computer cookie correct daniel default demo diamond donald "
        "dragon eminem family flower football forever freedom friend friends fuckyou george ginger "
        "guest hannah happy hello hockey horse hunter iloveyou internet jasmine jennifer jessica "
        "jesus jordan joshua justin killer kitty letmein liverpool login love lovely loveme lover "
        "maggie manager manchester master matrix matthew merlin michael michelle minecraft money "
        "monkey monster mustang naruto nicole office oliver orange pass passphrase passw0rd "
        "password pepper please pokemon princess purple qazwsx qwer qwert qwerty qwertyuiop "
        "rainbow ranger robert root samantha samsung secret secure security server service shadow "
        "silver soccer spiderman staple starwars startrek summer sunshine superman superuser "
        "system taylor temp temporary tennis test testing thomas thunder tigger tinkerbell trade "
        "tradepost trustno1 user welcome whatever william winter yankees zxcvbn zxcvbnm "
        "1 12 123 1234 12345 123456 1234567 12345678 123456789 1234567890 1q2w3e 1q2w3e4r "
        "1q2w3e4r5t 1qaz 2wsx 3edc a my is the i you me not 4 2000 2020 2021 2022 2023 2024 2025 "
        "2026 2027"
    ).split()
)

COMMON: Final = frozenset(gzip.decompress(_LEAKED.read_bytes()).decode().split()) | frozenset(
    (
        "correcthorsebatterystaple thisismypassword mypasswordispassword iloveyousomuch "
        "passwordpassword adminadminadmin administrator123 qwertyuiopasdfgh qwertyuiopasdfghjkl "
        "qwertyuiopasdfghjklzxcvbnm 1qaz2wsx3edc4rfv 1qaz2wsx3edc4rfv5tgb zaq12wsxcde34rfv "
        "q1w2e3r4t5y6u7i8 q1w2e3r4t5y6u7i8o9p0 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p "
        "zxcvbnmasdfghjkl asdfghjklzxcvbnm poiuytrewqlkjhgfdsa abcdefghijklmno abcd1234abcd1234 "
        "letmeinletmein iloveyouforever onceuponatimethere supercalifragilisticexpialidocious "
        "maythefourthbewithyou maytheforcebewithyou tobeornottobethatisthequestion "
        "thequickbrownfox thequickbrownfoxjumpsoverthelazydog donotuseinproduction "
        "changemeimmediately pleasechangeme123 jesuschristislord manchesterunited "
        "unbreakablepassword nevergonnagiveyouup ihatepasswords imustnotforget"
    ).split()
)
