--- Whop: retrieve { card_id, account_id? or user_id? }. Credentials: token; api_version_date is a setting.
-- The wire is described in src/provider/builtin/whop.c.
return require("cards.provider").module "whop"
