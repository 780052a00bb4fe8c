import { errorCatalogue } from '@longshore/protocol';

/** `docs/errors.md`, from the catalogue. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retryable, blame, hint }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${blame} | ${hint.replaceAll('|', '\\|')} |`,
  );
  return `# Errors

Every answer with a status of 400 or more, every failed task and every failed command carries one of these codes.
The code is the contract: it never changes its meaning. The message names the object, the hint says what to do.

\`\`\`json
{
  "error": {
    "code": "PATH_NOT_FOUND",
    "message": "there is no /photos/2025",
    "hint": "List the folder with \`longshore ls\` to see what is there.",
    "requestId": "5f2c7a1e",
    "details": {}
  }
}
\`\`\`

- **Again**: whether the same request can succeed later without a change.
- **Whose**: who can put it right. \`request\`: whoever sent it. \`input\`: whoever made the file; such a task is not
  tried on another node. \`node\`: the machine that ran it; such a task moves to another. \`system\`: Longshore or what
  it stands on.

| Code | Status | Again | Whose | What to do |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

This page is written by \`npm run docs\` from \`packages/protocol/src/errors/catalogue.ts\`.
`;
}
