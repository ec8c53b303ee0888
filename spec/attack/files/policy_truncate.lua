-- Shows all digits from the front.
-- Stopped: number: truncate: first = 16 would show more of a card number than PCI DSS 3.4.1 permits (first 8, last 4)
return { number = truncate(16) }
