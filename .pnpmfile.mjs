/**
 * The API documentation serves one file of @scalar/api-reference, its ready-made browser bundle. The 270 packages
 * the bundle was made of are not needed at run time.
 */
export const hooks = {
  readPackage: (pkg) => (pkg.name === '@scalar/api-reference' ? { ...pkg, dependencies: {} } : pkg),
};
