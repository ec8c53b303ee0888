/* Made by spec/crypto/make_keys.mjs with Node 20.20.2 (OpenSSL 3.0.19). The keys are for these specs alone. */
#ifndef CARDS_SPEC_KEYS_H
#define CARDS_SPEC_KEYS_H

/* clang-format off */
static const struct {
  const char *name, *pem, *jwk, *public_pem, *public_jwk;
} keys_made[] = {
  { "rsa",
    "-----BEGIN PRIVATE KEY-----\nMIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQC0xSDpCHCxm9jV\nKkK64H"
    "BF3SxZ2tFH1fyxlQBiBn0a8Ih6d4YOj4KlZ6lWfkXfd+D3NpqkSMCXh9HC\nDIxY3XOugbnq2dC2hicIfdnYAfkfUw8OteLaSxQGO"
    "MU0J2MMeMa24seDFu3RDcmm\nkG7KMYQT9AG679ARnUAi8CYPQKoeV7bg0UdoKIQS73+UgYH9YzDFDq3KRpWvEqgR\n3KPfsDHyTQW"
    "2D8lLMCUqp3DwC0PtL/i5fc+VF3YfTpJsbAW7em1CiE0jjBMrQuaN\nrbQHYCdu4IdFmIa6XuRofCrBJ8dcM/S8QGBcFh52yfauPw"
    "YvQpUGdMTBYF4zJZHw\ntHF0T8JVAgMBAAECggEAHSPT4MzUAcV6KC6mUCKi5pg3MIrmBpr3n5bB14ttOl0A\n2yEOUqWOrWQu93rm"
    "f5X/BUrfldEGfsbNqObF7wNPxRczZajUDMBGZYeICNqUkpic\nikYGuiK1KSWYoIYi4N1NRyj6eWbGUldTJM8OlPhzbpX8e2pyE4z"
    "STG+C6x2E7tv2\nhAApd4xRLtbibvX+F97DiolI0X8/q/GRGobz6CcBaa+e5cRGzdNv0tAfPv81yBfu\nqk/YNDyk5oMKfGfyQFPVK"
    "MClQ2UDs8U+YRgfdM5lnGyomi2yhuDSo/P5M0YtluK9\nBrU9ZQr3PhFRBf9Af1fddkVdvzEut52q15iC03NW9wKBgQDdbcw7JKlV"
    "kv3myRy3\nxxSK/a+g6OiodXnfyiWgUWH3vJsxeRQllxHlJ5dBD9SIEb68t9+k+qDj2A9N49Zg\n4j3UHBqG/4AJkvfRA1O/H3GZNO"
    "l3mGQenuwAOuA/7mObOE3GL+cnf5acn0TLF5+Y\n3Em0aA5pW7vstR+p1FQPzoY9gwKBgQDQ/kDH40CMVbSfTfhcr7anZSN6rme5d"
    "eeb\ns/I6A9VYDx3H8XKCIKXcgkh28hkgp8Y44vbIZpwzVUqC7rZdlmPzlQ2VlCZsg/na\nwd34zx8qy1nkJcbAXu09HYpYZRUozoi"
    "cmYAG/zbEhAPUSN4OFvPduD9d/QvU7v7z\n/YU9h9URRwKBgQClMNB4HvWlPa/liIvAHukYeAGaTaekZV+ysKA5Zf1sUGyHEAkT\ns"
    "gxLpKmWhDTN/k8JgzN5ZPC6iemA9kRsqtvtbbnslJf0jIwMhiroHpEk9vBlpG6s\n2Wq/ES1TBImStwJupDYSpYC6/6bWzJzn8Q+b"
    "YzW9LA6anNUuYZUE5dIH+QKBgQDP\nUakJoRHDJLIM5dfeeiCDZf0QEjqq659aAePkUTEuLbCpS4cAN0rRuBwSgo8Sqdwl\nSmDs43"
    "1IHu/PeuZFaI62b8IOA+0p8LHGpFKCI1UTqq39eMv0wTYuTkOS9JNM67Tx\nRASQ7FN0FlGGINLGv1YjOEcEAaXfEUaw22l1ZG2ku"
    "QKBgQCyf9qFyt0OaqoZRDZ0\nu9iM7NjfO6EL0YICbgSNiN4He8U06AfFWWSVDx4i81iFpNNUVgqtOUMs4HHb2z8+\nzdCniUge8KN"
    "r1LDLhL/HOpGMlXhsf1J3BI0acjZMvuFbU087Oo92hRU2g/IKiD2G\nDofVcZOLAbEXkP5I2RoDWb5f2w==\n-----END PRIVATE "
    "KEY-----\n",
    "{\"kty\":\"RSA\",\"n\":\"tMUg6QhwsZvY1SpCuuBwRd0sWdrRR9X8sZUAYgZ9GvCIeneGDo-CpWepVn5F33fg9zaapEjAl4fRwgyMW"
    "N1zroG56tnQtoYnCH3Z2AH5H1MPDrXi2ksUBjjFNCdjDHjGtuLHgxbt0Q3JppBuyjGEE_QBuu_QEZ1AIvAmD0CqHle24NFHaCiEE"
    "u9_lIGB_WMwxQ6tykaVrxKoEdyj37Ax8k0Ftg_JSzAlKqdw8AtD7S_4uX3PlRd2H06SbGwFu3ptQohNI4wTK0Lmja20B2AnbuCHR"
    "ZiGul7kaHwqwSfHXDP0vEBgXBYedsn2rj8GL0KVBnTEwWBeMyWR8LRxdE_CVQ\",\"e\":\"AQAB\",\"d\":\"HSPT4MzUAcV6KC6mUCKi5"
    "pg3MIrmBpr3n5bB14ttOl0A2yEOUqWOrWQu93rmf5X_BUrfldEGfsbNqObF7wNPxRczZajUDMBGZYeICNqUkpicikYGuiK1KSWYo"
    "IYi4N1NRyj6eWbGUldTJM8OlPhzbpX8e2pyE4zSTG-C6x2E7tv2hAApd4xRLtbibvX-F97DiolI0X8_q_GRGobz6CcBaa-e5cRGz"
    "dNv0tAfPv81yBfuqk_YNDyk5oMKfGfyQFPVKMClQ2UDs8U-YRgfdM5lnGyomi2yhuDSo_P5M0YtluK9BrU9ZQr3PhFRBf9Af1fdd"
    "kVdvzEut52q15iC03NW9w\",\"p\":\"3W3MOySpVZL95skct8cUiv2voOjoqHV538oloFFh97ybMXkUJZcR5SeXQQ_UiBG-vLffpPqg"
    "49gPTePWYOI91Bwahv-ACZL30QNTvx9xmTTpd5hkHp7sADrgP-5jmzhNxi_nJ3-WnJ9EyxefmNxJtGgOaVu77LUfqdRUD86GPYM\""
    ",\"q\":\"0P5Ax-NAjFW0n034XK-2p2Ujeq5nuXXnm7PyOgPVWA8dx_FygiCl3IJIdvIZIKfGOOL2yGacM1VKgu62XZZj85UNlZQmbI"
    "P52sHd-M8fKstZ5CXGwF7tPR2KWGUVKM6InJmABv82xIQD1EjeDhbz3bg_Xf0L1O7-8_2FPYfVEUc\",\"dp\":\"pTDQeB71pT2v5Yi"
    "LwB7pGHgBmk2npGVfsrCgOWX9bFBshxAJE7IMS6SploQ0zf5PCYMzeWTwuonpgPZEbKrb7W257JSX9IyMDIYq6B6RJPbwZaRurNl"
    "qvxEtUwSJkrcCbqQ2EqWAuv-m1syc5_EPm2M1vSwOmpzVLmGVBOXSB_k\",\"dq\":\"z1GpCaERwySyDOXX3nogg2X9EBI6quufWgHj"
    "5FExLi2wqUuHADdK0bgcEoKPEqncJUpg7ON9SB7vz3rmRWiOtm_CDgPtKfCxxqRSgiNVE6qt_XjL9ME2Lk5DkvSTTOu08UQEkOxT"
    "dBZRhiDSxr9WIzhHBAGl3xFGsNtpdWRtpLk\",\"qi\":\"sn_ahcrdDmqqGUQ2dLvYjOzY3zuhC9GCAm4EjYjeB3vFNOgHxVlklQ8eI"
    "vNYhaTTVFYKrTlDLOBx29s_Ps3Qp4lIHvCja9Swy4S_xzqRjJV4bH9SdwSNGnI2TL7hW1NPOzqPdoUVNoPyCog9hg6H1XGTiwGxF"
    "5D-SNkaA1m-X9s\"}",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtMUg6QhwsZvY1SpCuuBw\nRd0sWdr"
    "RR9X8sZUAYgZ9GvCIeneGDo+CpWepVn5F33fg9zaapEjAl4fRwgyMWN1z\nroG56tnQtoYnCH3Z2AH5H1MPDrXi2ksUBjjFNCdjDH"
    "jGtuLHgxbt0Q3JppBuyjGE\nE/QBuu/QEZ1AIvAmD0CqHle24NFHaCiEEu9/lIGB/WMwxQ6tykaVrxKoEdyj37Ax\n8k0Ftg/JSzAl"
    "Kqdw8AtD7S/4uX3PlRd2H06SbGwFu3ptQohNI4wTK0Lmja20B2An\nbuCHRZiGul7kaHwqwSfHXDP0vEBgXBYedsn2rj8GL0KVBnT"
    "EwWBeMyWR8LRxdE/C\nVQIDAQAB\n-----END PUBLIC KEY-----\n",
    "{\"kty\":\"RSA\",\"n\":\"tMUg6QhwsZvY1SpCuuBwRd0sWdrRR9X8sZUAYgZ9GvCIeneGDo-CpWepVn5F33fg9zaapEjAl4fRwgyMW"
    "N1zroG56tnQtoYnCH3Z2AH5H1MPDrXi2ksUBjjFNCdjDHjGtuLHgxbt0Q3JppBuyjGEE_QBuu_QEZ1AIvAmD0CqHle24NFHaCiEE"
    "u9_lIGB_WMwxQ6tykaVrxKoEdyj37Ax8k0Ftg_JSzAlKqdw8AtD7S_4uX3PlRd2H06SbGwFu3ptQohNI4wTK0Lmja20B2AnbuCHR"
    "ZiGul7kaHwqwSfHXDP0vEBgXBYedsn2rj8GL0KVBnTEwWBeMyWR8LRxdE_CVQ\",\"e\":\"AQAB\"}" },
  { "p256",
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgj5j7RF6hrtBgetq/\nNuXTC3"
    "bQoV0JL7nLDv1OUsLqoXqhRANCAAR2kaJ4YKx435hNcT/i+XNymax5ZWjl\nXPh0MNQnh6E9HsEkpgSxZBum5c/Ei3EfDsDPO2CgT"
    "S0evSKCzVKRM8MV\n-----END PRIVATE KEY-----\n",
    "{\"kty\":\"EC\",\"x\":\"dpGieGCseN-YTXE_4vlzcpmseWVo5Vz4dDDUJ4ehPR4\",\"y\":\"wSSmBLFkG6blz8SLcR8OwM87YKBNLR69"
    "IoLNUpEzwxU\",\"crv\":\"P-256\",\"d\":\"j5j7RF6hrtBgetq_NuXTC3bQoV0JL7nLDv1OUsLqoXo\"}",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdpGieGCseN+YTXE/4vlzcpmseWVo\n5Vz4dDD"
    "UJ4ehPR7BJKYEsWQbpuXPxItxHw7AzztgoE0tHr0igs1SkTPDFQ==\n-----END PUBLIC KEY-----\n",
    "{\"kty\":\"EC\",\"x\":\"dpGieGCseN-YTXE_4vlzcpmseWVo5Vz4dDDUJ4ehPR4\",\"y\":\"wSSmBLFkG6blz8SLcR8OwM87YKBNLR69"
    "IoLNUpEzwxU\",\"crv\":\"P-256\"}" },
  { "p384",
    "-----BEGIN PRIVATE KEY-----\nMIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCNeXxosdt1DSP/i3Y7\nwYmORq"
    "4niYtr+mlLihNtLU8LF7ws6RYODPtMkayISzfV9OKhZANiAARlCG8Jn/E7\nV0rTIk6wRpMGV8R3/vwcOIJ8BF5kfkrMwLpP26IGQ"
    "8LJng9aqa03ejHWW/YGcTCw\nhEtqvhVxUeBqTNtS14sElYzngaEtfaGYVqJCpFiwZT5kxUBQhHf6Jz4=\n-----END PRIVATE KE"
    "Y-----\n",
    "{\"kty\":\"EC\",\"x\":\"ZQhvCZ_xO1dK0yJOsEaTBlfEd_78HDiCfAReZH5KzMC6T9uiBkPCyZ4PWqmtN3ox\",\"y\":\"1lv2BnEwsIR"
    "Lar4VcVHgakzbUteLBJWM54GhLX2hmFaiQqRYsGU-ZMVAUIR3-ic-\",\"crv\":\"P-384\",\"d\":\"jXl8aLHbdQ0j_4t2O8GJjkauJ4"
    "mLa_ppS4oTbS1PCxe8LOkWDgz7TJGsiEs31fTi\"}",
    "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEZQhvCZ/xO1dK0yJOsEaTBlfEd/78HDiC\nfAReZH5"
    "KzMC6T9uiBkPCyZ4PWqmtN3ox1lv2BnEwsIRLar4VcVHgakzbUteLBJWM\n54GhLX2hmFaiQqRYsGU+ZMVAUIR3+ic+\n-----END "
    "PUBLIC KEY-----\n",
    "{\"kty\":\"EC\",\"x\":\"ZQhvCZ_xO1dK0yJOsEaTBlfEd_78HDiCfAReZH5KzMC6T9uiBkPCyZ4PWqmtN3ox\",\"y\":\"1lv2BnEwsIR"
    "Lar4VcVHgakzbUteLBJWM54GhLX2hmFaiQqRYsGU-ZMVAUIR3-ic-\",\"crv\":\"P-384\"}" },
  { "p521",
    "-----BEGIN PRIVATE KEY-----\nMIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAadDOmUKfZISX82gi\ny10wGr"
    "N0kjnRd1fHcH8nDQSMpjBAzWBttxqWVdWEtcSYHF/5HFi1u1dbQpg/Oe+e\nGXnnxOuhgYkDgYYABABhisn5qlAPewcy6NKxeGwsk"
    "Beix3PKW0Q2Az5aGci5CU/A\nXFbjoNNblcNSxL+T+rHlfVxiD6NLEiQWNjwQxbOgvgHQuIgv12G54d50r/HErKKp\nz6bclKkWEIZ"
    "jn0itOkg6q1hVxUbXdccY4BfqwPOczVGVzvT5sDu/1ly4mPDVAJf8\nag==\n-----END PRIVATE KEY-----\n",
    "{\"kty\":\"EC\",\"x\":\"AGGKyfmqUA97BzLo0rF4bCyQF6LHc8pbRDYDPloZyLkJT8BcVuOg01uVw1LEv5P6seV9XGIPo0sSJBY2PB"
    "DFs6C-\",\"y\":\"AdC4iC_XYbnh3nSv8cSsoqnPptyUqRYQhmOfSK06SDqrWFXFRtd1xxjgF-rA85zNUZXO9PmwO7_WXLiY8NUAl_x"
    "q\",\"crv\":\"P-521\",\"d\":\"AGnQzplCn2SEl_NoIstdMBqzdJI50XdXx3B_Jw0EjKYwQM1gbbcallXVhLXEmBxf-RxYtbtXW0KYPz"
    "nvnhl558Tr\"}",
    "-----BEGIN PUBLIC KEY-----\nMIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAYYrJ+apQD3sHMujSsXhsLJAXosdz\nyltENgM"
    "+WhnIuQlPwFxW46DTW5XDUsS/k/qx5X1cYg+jSxIkFjY8EMWzoL4B0LiI\nL9dhueHedK/xxKyiqc+m3JSpFhCGY59IrTpIOqtYVc"
    "VG13XHGOAX6sDznM1Rlc70\n+bA7v9ZcuJjw1QCX/Go=\n-----END PUBLIC KEY-----\n",
    "{\"kty\":\"EC\",\"x\":\"AGGKyfmqUA97BzLo0rF4bCyQF6LHc8pbRDYDPloZyLkJT8BcVuOg01uVw1LEv5P6seV9XGIPo0sSJBY2PB"
    "DFs6C-\",\"y\":\"AdC4iC_XYbnh3nSv8cSsoqnPptyUqRYQhmOfSK06SDqrWFXFRtd1xxjgF-rA85zNUZXO9PmwO7_WXLiY8NUAl_x"
    "q\",\"crv\":\"P-521\"}" },
  { "ed25519",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEICksGYj5Ycbgubrl0E5YkvfmPHlF4nk663g8/VU23m9T\n-----E"
    "ND PRIVATE KEY-----\n",
    "{\"crv\":\"Ed25519\",\"d\":\"KSwZiPlhxuC5uuXQTliS9-Y8eUXieTrreDz9VTbeb1M\",\"x\":\"P21LX_qKeSEZymUmGcMU15hKNTv"
    "r5lfT11D4uEsiES0\",\"kty\":\"OKP\"}",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAP21LX/qKeSEZymUmGcMU15hKNTvr5lfT11D4uEsiES0=\n-----END PU"
    "BLIC KEY-----\n",
    "{\"crv\":\"Ed25519\",\"x\":\"P21LX_qKeSEZymUmGcMU15hKNTvr5lfT11D4uEsiES0\",\"kty\":\"OKP\"}" },
  { "x25519",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEILBjpyspv0wghwXz5nWigN75dm6ySC6A1Nl7Q9/W38Jm\n-----E"
    "ND PRIVATE KEY-----\n",
    "{\"crv\":\"X25519\",\"d\":\"sGOnKym_TCCHBfPmdaKA3vl2brJILoDU2XtD39bfwmY\",\"x\":\"6AlJUfs3ensx9oy3Nuskf-eWMTfd"
    "_vyDsjjtnJ29wn4\",\"kty\":\"OKP\"}",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA6AlJUfs3ensx9oy3Nuskf+eWMTfd/vyDsjjtnJ29wn4=\n-----END PU"
    "BLIC KEY-----\n",
    "{\"crv\":\"X25519\",\"x\":\"6AlJUfs3ensx9oy3Nuskf-eWMTfd_vyDsjjtnJ29wn4\",\"kty\":\"OKP\"}" },
};

#define SIGNED_TEXT "The quick brown fox jumps over the lazy dog"
#define SIGNED_KEY  "a secret that both sides know" /* of "bytes" */

static const struct {
  const char *algorithm, *key, *hex;
} signatures_made[] = {
  { "hmac-sha1", "bytes",
    "edcf58c23d654b6227ade7e90017a9617e93a26a" },
  { "hmac-sha256", "bytes",
    "8b7866d6baf854736411f0d73a82242d15eebb4e62f3fa483c09e2ef02b72ed8" },
  { "hmac-sha384", "bytes",
    "d639dcd3b8c1c4469201a0ea185f5cf20ef4a5731352496da530d2d0a2a04f5e51b6e6a01112df4f3459551b74d9686c" },
  { "hmac-sha512", "bytes",
    "b33c9fbedeb480e90a1a182863544185360d58b453426a480eaa3f307b0508ac69ddb24b7a4b0b0ad798309e573fc162cba"
    "803511933137f5c0e6d593e0c4346" },
  { "sha1", "",
    "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12" },
  { "sha256", "",
    "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592" },
  { "sha384", "",
    "ca737f1014a48f4c0b6dd43cb177b0afd9e5169367544c494011e3317dbf9a509cb1e5dc1e85a941bbee3d7f2afbc9b1" },
  { "sha512", "",
    "07e547d9586f6a73f73fbac0435ed76951218fb7d0c8d788a309d785436bbb642e93a252a954f23912547d1e8a3b5ed6e1b"
    "fd7097821233fa0538f3db854fee6" },
  { "rsa-sha256", "rsa",
    "34e8c03f3ed42db7bd25a95e2fe3ea538889cc778186210cdfb95d685c4b3d2e837229a3c57be49f44f4aba144b9f979903"
    "48eb2b3a063f87eec523612db34a1461a6c0414cccb095414d50a9736a55a6cc172ec1f740c0407028461888ab577b14c676"
    "65a4e337a9be2e9b4b28da16661ab2e7ca54e1a8aa7182dbcc18d4d4addf5998035466938acbbb606f69280e883996c6d3f5"
    "cee55d317b2094de0e7347d7cc7eb552e223ee54b362337c9cf90a3fdac0357835ae1422635f1bb7dbf6350187b7385bc17b"
    "578b9719f6088cabc322aa7bcfb985c62582297ed423766ea15c14da8f453f4436d71fdb91fbe1d6fcb18a977d7011a75cfd"
    "40c83293966bd" },
  { "rsa-sha512", "rsa",
    "0b5a301b54c818d742b4d3f98187f5b1e9ba3332faabd6b446d5050692c1a9a50dc90e4b2ec924c3d9bf5b1a7f45f8ef806"
    "e382c469ea19480687d390d2e641054df3c6ab98465abe6acbc783ec52bf8220ceb14dd5f29093bab060f5acbb9b393cf9e8"
    "ccb14ae2ffb2278b7b5df884e9fc438dc8013478842a1bf7e391625eb19f2028f9570268ab13725cffde39e72f6a31d3ca88"
    "083c51e43ec283e548d03a23a5b7c1e43f741d7552eae749de3436919e7b9f3763e9ba4bd8ccb8fab25f74d7743c2d1eed0a"
    "3629d11d76fc5602a71094c10b66d33218e7c14c7327108c7787f06bc2a8ed2c1320ac2e941411e4ac74c9402fbac8c0da5f"
    "06d95ab4127a0" },
  { "ed25519", "ed25519",
    "678897c3b0dac28bd24f7bc44a567725e6e80ea751118f18e7810eac68d9539b6a88e9372560ee87a33b310a7194b8afa2e"
    "114b6ced30fe97d65d36d2e2ef600" },
};
/* clang-format on */

#endif
