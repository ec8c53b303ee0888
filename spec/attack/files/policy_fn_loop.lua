-- Goes round for ever, for each card.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=***, id=***, last4=***, number=***, provider=***, status=***, token=***}
return { number = fn(function() while true do end end) }
