/**
 * What CELLxGENE Discover asks of a file, as far as a file alone can be judged: which columns there are, and the form of their values. Whether a
 * term exists in its ontology is left to the validator of CELLxGENE.
 *
 * Source: https://github.com/chanzuckerberg/single-cell-curation/blob/main/schema/7.0.0/schema.md
 */
export const cellxgeneSchemaVersion = '7.0.0';

/** A column of obs that has to be there. */
export interface CellxgeneColumn {
  readonly name: string;
  /** What each value has to look like. */
  readonly pattern: RegExp;
  /** The same in words, with an example. */
  readonly expected: string;
}

const cellTerm = 'CL|WBbt|ZFA|FBbt';

/** Columns of obs that hold text categories. */
export const cellxgeneColumns: readonly CellxgeneColumn[] = [
  { name: 'assay_ontology_term_id', pattern: /^EFO:\d{7}$/, expected: 'an EFO term such as EFO:0009899' },
  {
    name: 'cell_type_ontology_term_id',
    pattern: new RegExp(`^((${cellTerm}):\\d{7,8}|unknown|na)$`),
    expected: 'a CL term such as CL:0000236, or unknown',
  },
  {
    name: 'development_stage_ontology_term_id',
    pattern: /^((HsapDv|MmusDv|WBls|ZFS|FBdv|UBERON):\d{7,8}|unknown|na)$/,
    expected: 'a term of a development ontology such as HsapDv:0000087, or unknown',
  },
  {
    name: 'disease_ontology_term_id',
    pattern: /^(PATO:0000461|MONDO:\d{7}( \|\| MONDO:\d{7})*)$/,
    expected: 'PATO:0000461 (healthy) or MONDO terms separated by " || "',
  },
  { name: 'donor_id', pattern: /\S/, expected: 'a name for the donor; pooled or unknown where it is not told apart' },
  {
    name: 'self_reported_ethnicity_ontology_term_id',
    pattern: /^((HANCESTRO|AfPO):\d{4,7}( \|\| (HANCESTRO|AfPO):\d{4,7})*|unknown|na)$/,
    expected: 'HANCESTRO or AfPO terms separated by " || ", unknown, or na for other organisms than man',
  },
  {
    name: 'sex_ontology_term_id',
    pattern: /^(PATO:0000383|PATO:0000384|PATO:0001340|unknown|na)$/,
    expected: 'PATO:0000383 (female), PATO:0000384 (male), PATO:0001340 (hermaphrodite) or unknown',
  },
  { name: 'suspension_type', pattern: /^(cell|nucleus|na)$/, expected: 'cell, nucleus or na' },
  {
    name: 'tissue_ontology_term_id',
    pattern: new RegExp(`^((UBERON|${cellTerm}):\\d{7,8}|CVCL_[A-Z0-9]{4})$`),
    expected: 'a UBERON term such as UBERON:0000178',
  },
  {
    name: 'tissue_type',
    pattern: /^(tissue|organoid|cell line|primary cell culture)$/,
    expected: 'tissue, organoid, cell line or primary cell culture',
  },
];

/** Columns of obs that CELLxGENE adds itself and refuses from others. */
export const reservedObs: ReadonlySet<string> = new Set([
  ...['assay', 'cell_type', 'development_stage', 'disease', 'observation_joinid', 'organism', 'self_reported_ethnicity', 'sex', 'tissue'],
]);

/** The same of var. */
export const reservedVar: ReadonlySet<string> = new Set([
  ...['feature_biotype', 'feature_length', 'feature_name', 'feature_reference', 'feature_type'],
]);

/** The same of uns. */
export const reservedUns: ReadonlySet<string> = new Set(['citation', 'organism', 'schema_reference', 'schema_version']);

/** Where the organism stands: once, in uns. Versions before 6.0.0 had it in obs. */
export const organismName = 'organism_ontology_term_id';

/** A species, in uns. */
export const organismPattern = /^NCBITaxon:\d+$/;

/** An Ensembl gene, a gene of an organism with names of its own, or a spike-in; a version such as `.7` is none. */
const genePattern = /^(ENS[A-Z]*G\d{11}(_PAR_Y)?|ERCC-\d{4,5}|FBgn\d{7}|WBGene\d{8})$/;

/** Whether a name can be a gene of the schema, without a version. */
export function isGeneId(name: string): boolean {
  return genePattern.test(name);
}

/** An identifier of Ensembl without its version. */
export function withoutVersion(id: string): string {
  return id.startsWith('ENS') ? id.replace(/\.\d+$/, '') : id;
}
