--- PayEngine: retrieve_token { card_id }. Credential: secret. base_url has to be configured.
-- The wire is described in src/provider/builtin/payengine.c.
return require("cards.provider").module "payengine"
