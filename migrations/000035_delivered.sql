-- expands
-- What a destination took, the newest lead first: the list of a buyer's leads reads it from here.

create index delivery_taken on millrace.delivery (tenant_id, destination, lead_id desc) where state = 'delivered';
