export { CfgenError, errorCodes, type CfgenErrorOptions, type ErrorCode } from './errors/cfgen-error';
export type { Problem } from './errors/problem';
