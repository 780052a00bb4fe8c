/** The parts of an HTTP message that signatures cover. Header names are lower case; a repeated header is joined by ", ". */
export type SignedRequestParts = {
  readonly method: string;
  /** Path and query as they stand in the request line, such as `/slave/v1/attempts?x=1`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
};

export type SignedResponseParts = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
};
