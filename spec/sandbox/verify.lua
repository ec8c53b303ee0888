--- Verifies NetXD's request signature with the libcrypto that nginx is linked to.
--
-- signature = base64(DER ECDSA-SHA256 over the exact bytes of the payload object).
-- The public half of the key pair that `certs` makes is netxd_pub.pem in the
-- sandbox's directory; it is read once per worker.

local ffi = require "ffi"
local C = ffi.C

ffi.cdef [[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
BIO *BIO_new_mem_buf(const void *buf, int len);
int BIO_free(BIO *bio);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **key, void *password_cb, void *u);
void EVP_PKEY_free(EVP_PKEY *key);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *ctx);
const EVP_MD *EVP_sha256(void);
int EVP_DigestVerifyInit(EVP_MD_CTX *ctx, void **pctx, const EVP_MD *type, void *engine, EVP_PKEY *key);
int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen, const unsigned char *data, size_t len);
void ERR_clear_error(void);
]]

local verify = {}
local key

local function public_key()
  if key then return key end
  local file = assert(io.open(ngx.config.prefix() .. "/netxd_pub.pem", "rb"))
  local pem = file:read "*a"
  file:close()
  local bio = C.BIO_new_mem_buf(pem, #pem)
  local loaded = C.PEM_read_bio_PUBKEY(bio, nil, nil, nil)
  C.BIO_free(bio)
  assert(loaded ~= nil, "netxd_pub.pem is not a public key")
  key = ffi.gc(loaded, C.EVP_PKEY_free)
  return key
end

--- True where `signature` (base64) is the key's over the bytes of `payload`.
function verify.netxd(payload, signature)
  -- nginx's decoder forgives what base64 forbids, so the form is looked at first
  if #signature % 4 ~= 0 or not signature:find "^[A-Za-z0-9+/]+=?=?$" then return false end
  local der = ngx.decode_base64(signature)
  if not der then return false end
  local ctx = ffi.gc(C.EVP_MD_CTX_new(), C.EVP_MD_CTX_free)
  local ok = C.EVP_DigestVerifyInit(ctx, nil, C.EVP_sha256(), nil, public_key()) == 1
    and C.EVP_DigestVerify(ctx, der, #der, payload, #payload) == 1
  -- a failed check leaves an entry that nginx would log at its next TLS operation
  C.ERR_clear_error()
  return ok
end

return verify
