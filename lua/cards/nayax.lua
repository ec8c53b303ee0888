--- Nayax: get_token { token_id, merchant_request_id?, machine_id?, validation_key?, card_holder_id? }. Credential: token.
-- The wire is described in src/provider/builtin/nayax.c.
return require("cards.provider").module "nayax"
