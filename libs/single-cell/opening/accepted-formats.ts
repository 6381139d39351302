/** What can be read, for hints of errors about what cannot. */
export const acceptedFormats = 'accepted: AnnData .h5ad or .zarr, MuData .h5mu, Loom, 10x .h5, a 10x matrix folder';
