CREATE FUNCTION keep_updated_at() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.updated_at := ringline_now();
  RETURN NEW;
END
$$;
