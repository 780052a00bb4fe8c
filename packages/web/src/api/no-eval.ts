import { z } from 'zod';

// Compiled validators need `eval`, which the content security policy forbids. Imported before any schema is made.
z.config({ jitless: true });
