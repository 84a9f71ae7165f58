import { z } from "zod";

// A content security policy forbids code that is made at run time, also to those who only try. Schemas ask for this when they
// are made: so this module comes first.
z.config({ jitless: true });
