-- Makes a card number out of plain fields.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=************1111, id={1=************5559}, last4=***, number=************1111, provider=***, status=****-****-****-1111, token=***}
return { exp_year = fn(function() return 4111111111111111 end), status = fn(function() return '4111-1111-1111-1111' end), id = fn(function() return { '5500005555555559' } end) }
