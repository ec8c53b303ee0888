-- Returns what is no number.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=***, id=***, last4=***, number=************1111, provider=***, status=***, token=***}
return { exp_year = fn(function() return 0 / 0 end), exp_month = fn(function() return math.huge end) }
