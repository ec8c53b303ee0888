# Writes rejected.h: RSA texts whose padding is wrong, and the messages that another implementation of draft-irtf-cfrg-rsa-guidance gives them: OpenSSL 3.2 or later, by
# Python's cryptography (apt-get install python3-cryptography, of a system with such an OpenSSL).
#   python3 spec/crypto/make_rejected.py > spec/crypto/rejected.h
import os
import re

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

folder = os.path.dirname(os.path.abspath(__file__))
text = open(os.path.join(folder, "keys.h")).read()
block = text[text.index("-----BEGIN PRIVATE KEY-----") : text.index("-----END PRIVATE KEY-----")]
pem = re.sub(r'"\s*"', "", block).replace("\\n", "\n") + "-----END PRIVATE KEY-----\n"
key = load_pem_private_key(pem.encode(), None)
numbers = key.public_key().public_numbers()


def quote(digits):
    return '"\n    "'.join(digits[i : i + 120] for i in range(0, len(digits), 120))


def encrypted(block):
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(256, "big")


texts = [b"\0" + os.urandom(255) for _ in range(16)]
# Almost right: no zero behind the padding, a padding of seven bytes, another type, a first byte that is not zero, no message
filled = bytes(1 + b % 255 for b in os.urandom(300))
texts.append(encrypted(b"\0\2" + filled[:254]))
texts.append(encrypted(b"\0\2" + filled[:7] + b"\0" + filled[:246]))
texts.append(encrypted(b"\0\1" + b"\xff" * 200 + b"\0" + filled[:53]))
texts.append(encrypted(b"\1\2" + filled[:200] + b"\0" + filled[:53]))
right = [encrypted(b"\0\2" + filled[:253] + b"\0"), encrypted(b"\0\2" + filled[:8] + b"\0" + filled[:245])]

print(f"""/* Made by spec/crypto/make_rejected.py with {backend.openssl_version_text()}, by the RSA key in keys.h. */
#ifndef CARDS_SPEC_REJECTED_H
#define CARDS_SPEC_REJECTED_H

/* clang-format off */
/* RSA, PKCS#1: texts whose padding is wrong, and at the end two that are right, with the shortest message and the longest; and what they open as (hexadecimal). */
static const struct {{
  const char *text, *message;
}} rejected_made[] = {{""")
for made in texts + right:
    message = key.decrypt(made, padding.PKCS1v15())
    print(f'  {{ "{quote(made.hex())}",\n    "{quote(message.hex())}" }},')
print("""};
/* clang-format on */

#endif""")
