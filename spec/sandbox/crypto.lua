--- The libcrypto that nginx is linked to: keys, RSA-OAEP with SHA-256, AES-256-GCM, HMAC and SHA-256. Keys are read once per worker, from the
-- sandbox's directory.

local ffi = require "ffi"
local C = ffi.C

ffi.cdef [[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
BIO *BIO_new_mem_buf(const void *buf, int len);
int BIO_free(BIO *bio);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **key, void *password_cb, void *u);
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, void *password_cb, void *u);
EVP_PKEY *d2i_PUBKEY(EVP_PKEY **key, const unsigned char **der, long len);
void EVP_PKEY_free(EVP_PKEY *key);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *ctx);
const EVP_MD *EVP_sha256(void);
int EVP_DigestVerifyInit(EVP_MD_CTX *ctx, void **pctx, const EVP_MD *type, void *engine, EVP_PKEY *key);
int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen, const unsigned char *data, size_t len);
EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *key, void *engine);
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx);
int EVP_PKEY_CTX_ctrl_str(EVP_PKEY_CTX *ctx, const char *type, const char *value);
int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *ctx);
int EVP_PKEY_encrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *outlen, const unsigned char *in, size_t inlen);
int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *ctx);
int EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *outlen, const unsigned char *in, size_t inlen);
const EVP_CIPHER *EVP_aes_256_gcm(void);
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *ctx);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int type, int arg, void *ptr);
int EVP_CipherInit_ex(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *type, void *engine, const unsigned char *key, const unsigned char *iv, int enc);
int EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *outlen, const unsigned char *in, int inlen);
int EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *outlen);
int RAND_bytes(unsigned char *out, int len);
unsigned char *HMAC(const EVP_MD *type, const void *key, int keylen, const unsigned char *data, size_t len, unsigned char *out, unsigned int *outlen);
unsigned char *SHA256(const unsigned char *data, size_t len, unsigned char *out);
void ERR_clear_error(void);
]]

local crypto = {}

local GET_TAG, SET_TAG, TAG, IV = 0x10, 0x11, 16, 12

local texts, keys = {}, {}

--- The text of a file in the sandbox's directory.
function crypto.file(name)
  if not texts[name] then
    local file = assert(io.open(ngx.config.prefix() .. "/" .. name, "rb"))
    texts[name] = file:read "*a"
    file:close()
  end
  return texts[name]
end

local function pem(name, read)
  if not keys[name] then
    local text = crypto.file(name)
    local bio = C.BIO_new_mem_buf(text, #text)
    local key = C[read](bio, nil, nil, nil)
    C.BIO_free(bio)
    assert(key ~= nil, name .. " is no such key")
    keys[name] = ffi.gc(key, C.EVP_PKEY_free)
  end
  return keys[name]
end

function crypto.public_key(name) return pem(name, "PEM_read_bio_PUBKEY") end
function crypto.private_key(name) return pem(name, "PEM_read_bio_PrivateKey") end

--- A failed operation leaves entries that nginx would log at its next TLS operation.
local function tidy(value)
  C.ERR_clear_error()
  return value
end

--- The public key of the base64 of its DER, or nil.
function crypto.spki(text)
  local der = ngx.decode_base64(text)
  local place = der and ffi.new("const unsigned char *[1]", ffi.cast("const unsigned char *", der))
  local key = place and C.d2i_PUBKEY(nil, place, #der) or nil
  return tidy(key ~= nil and ffi.gc(key, C.EVP_PKEY_free) or nil)
end

--- Whether a signature is the key's over the bytes of `data`, with SHA-256.
function crypto.verifies(key, data, signature)
  local ctx = ffi.gc(C.EVP_MD_CTX_new(), C.EVP_MD_CTX_free)
  return tidy(C.EVP_DigestVerifyInit(ctx, nil, C.EVP_sha256(), nil, key) == 1 and C.EVP_DigestVerify(ctx, signature, #signature, data, #data) == 1)
end

local function rsa(name, key, data)
  local ctx = ffi.gc(C.EVP_PKEY_CTX_new(key, nil), C.EVP_PKEY_CTX_free)
  local crypt, len, out = C["EVP_PKEY_" .. name], ffi.new "size_t[1]", nil
  local ok = C["EVP_PKEY_" .. name .. "_init"](ctx) == 1 and C.EVP_PKEY_CTX_ctrl_str(ctx, "rsa_padding_mode", "oaep") == 1
    and C.EVP_PKEY_CTX_ctrl_str(ctx, "rsa_oaep_md", "sha256") == 1 and crypt(ctx, nil, len, data, #data) == 1
  if ok then
    out = ffi.new("unsigned char[?]", len[0]) -- the key is the caller's, and of any size
    ok = crypt(ctx, out, len, data, #data) == 1
  end
  return tidy(ok and ffi.string(out, len[0]) or nil)
end

--- RSA-OAEP with SHA-256: a text for a public key, and what was one opened with the private key; nil where the key is none of RSA or too small.
function crypto.rsa_seal(key, text) return rsa("encrypt", key, text) end
function crypto.rsa_open(key, bytes) return rsa("decrypt", key, bytes) end

local function gcm(key, iv, data, about, tag)
  local ctx = ffi.gc(C.EVP_CIPHER_CTX_new(), C.EVP_CIPHER_CTX_free)
  local out, len, rest = ffi.new("unsigned char[?]", #data + TAG), ffi.new "int[1]", ffi.new "int[1]"
  local bytes = ffi.new("unsigned char[?]", TAG)
  if tag then ffi.copy(bytes, tag, TAG) end -- a text that ffi.new is given would be copied with a NUL behind it
  local ok = C.EVP_CipherInit_ex(ctx, C.EVP_aes_256_gcm(), nil, key, iv, tag and 0 or 1) == 1
    and (about == "" or C.EVP_CipherUpdate(ctx, nil, len, about, #about) == 1) and C.EVP_CipherUpdate(ctx, out, len, data, #data) == 1
    and (not tag or C.EVP_CIPHER_CTX_ctrl(ctx, SET_TAG, TAG, bytes) == 1) and C.EVP_CipherFinal_ex(ctx, out, rest) == 1
    and (tag or C.EVP_CIPHER_CTX_ctrl(ctx, GET_TAG, TAG, bytes) == 1)
  return tidy(ok and ffi.string(out, len[0]) or nil), ffi.string(bytes, TAG)
end

--- AES-256-GCM. @param about what is authenticated beside the text @return IV, ciphertext and tag
function crypto.gcm_seal(key, text, about)
  local iv = crypto.random(IV)
  return iv, gcm(key, iv, text, about or "")
end

--- @return the text, or nil where something of it was changed
function crypto.gcm_open(key, iv, data, tag, about)
  return #key == 32 and #iv == IV and #tag == TAG and (gcm(key, iv, data, about or "", tag)) or nil
end

function crypto.random(count)
  local out = ffi.new("unsigned char[?]", count)
  assert(C.RAND_bytes(out, count) == 1)
  return ffi.string(out, count)
end

function crypto.hmac_sha256(key, text)
  local out, len = ffi.new "unsigned char[32]", ffi.new "unsigned int[1]"
  C.HMAC(C.EVP_sha256(), key, #key, text, #text, out, len)
  return ffi.string(out, 32)
end

function crypto.sha256_hex(text)
  local out = ffi.new "unsigned char[32]"
  C.SHA256(text, #text, out)
  return (ffi.string(out, 32):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return crypto
