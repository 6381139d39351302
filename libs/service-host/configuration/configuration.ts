import os from 'node:os';
import { z } from 'zod';
import { bytesSchema, listSchema, wholeNumberSchema } from './amounts';

const seconds = (min: number, max: number): z.ZodType<number, number | string> => wholeNumberSchema(min, max);

/**
 * Everything that can be set, with its default. `distributed` needs kafka, s3 and database; `embedded` keeps all of it in `dataDir`.
 */
export const configurationSchema = z
  .strictObject({
    profile: z.enum(['embedded', 'distributed']).default('embedded'),
    /** Embedded: rows, blobs and scratch files. Distributed: scratch files and a cache, which may be lost at any time. */
    dataDir: z.string().min(1).default('cfgen-data'),
    http: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: wholeNumberSchema(0, 65_535).default(8080),
        /** Largest upload of a data set. */
        uploadLimit: bytesSchema.default(50 * 2 ** 30),
      })
      .prefault({}),
    kafka: z
      .strictObject({
        brokers: listSchema.default([]),
        tls: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(false),
        /** Left out: no login. */
        user: z.string().default(''),
        password: z.string().default(''),
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
        /** A process that dies keeps its share of the messages for so long; a busy machine that is silent for so long is taken for dead. */
        sessionSeconds: wholeNumberSchema(1, 300).default(45),
      })
      .prefault({}),
    s3: z
      .strictObject({
        endpoint: z.string().default(''),
        region: z.string().default('us-east-1'),
        bucket: z.string().default('cfgen'),
        accessKey: z.string().default(''),
        secretKey: z.string().default(''),
      })
      .prefault({}),
    database: z.strictObject({ url: z.string().default(''), poolSize: wholeNumberSchema(2, 200).default(8) }).prefault({}),
    /** Places that data sets may be imported from by URI: buckets (distributed) or folders (embedded). */
    imports: listSchema.default([]),
    compute: z
      .strictObject({
        /** Child processes that compute, and so jobs that run at once. */
        workers: wholeNumberSchema(1, 256).default(1),
        /** Threads of each; 0: all processors, shared among the workers. */
        threads: wholeNumberSchema(0, 1024).default(0),
        engine: z.enum(['auto', 'tensorflow', 'native', 'wasm', 'reference']).default('auto'),
        /** `mixed`: factors of large products as bfloat16, on the native engine of processors that have such products. */
        precision: z.enum(['full', 'mixed']).default('full'),
        /** Ceiling of each worker for counts held in memory; 0: by the machine's memory. */
        memory: bytesSchema
          .or(z.literal('0').transform(() => 0))
          .or(z.literal(0))
          .default(0),
        /** Bytes of data sets and models that are kept in `dataDir` for further jobs. */
        cache: bytesSchema.default(20 * 2 ** 30),
      })
      .prefault({}),
    jobs: z
      .strictObject({
        /** A worker that does not renew its lease for so long has lost the job. */
        leaseSeconds: seconds(2, 3600).default(60),
        renewSeconds: seconds(1, 600).default(10),
        maxAttempts: wholeNumberSchema(1, 100).default(5),
        /** Time that a stopping service gives its jobs to come to a boundary. */
        stopSeconds: seconds(0, 600).default(20),
        /** Ended jobs and old messages are forgotten after so many days. */
        keepDays: wholeNumberSchema(1, 3650).default(30),
        /** Blobs that nothing leads to are deleted once they are so old. */
        keepBlobHours: wholeNumberSchema(1, 87_600).default(48),
      })
      .prefault({}),
    log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
    /** Address of an OpenTelemetry collector (OTLP over HTTP); empty: no traces. */
    otlpUrl: z.string().default(''),
  })
  .superRefine((configuration, context) => {
    const need = (path: string[], value: string | readonly string[], what: string): void => {
      if (value.length === 0)
        context.addIssue({ code: 'custom', path, message: `${what}, which the profile "distributed" needs, is not set` });
    };
    if (configuration.jobs.renewSeconds * 2 > configuration.jobs.leaseSeconds) {
      context.addIssue({ code: 'custom', path: ['jobs', 'renewSeconds'], message: 'must be at most half of jobs.leaseSeconds' });
    }
    if (configuration.profile !== 'distributed') return;
    need(['kafka', 'brokers'], configuration.kafka.brokers, 'the list of Kafka brokers');
    need(['s3', 'endpoint'], configuration.s3.endpoint, 'the endpoint of the object store');
    need(['s3', 'accessKey'], configuration.s3.accessKey, 'the access key of the object store');
    need(['s3', 'secretKey'], configuration.s3.secretKey, 'the secret key of the object store');
    need(['database', 'url'], configuration.database.url, 'the URL of PostgreSQL');
  });

export type Configuration = z.infer<typeof configurationSchema>;

/** Environment variables and the settings they set. Each may also end in `_FILE` and name a file that holds the value. */
export const environmentVariables: Readonly<Record<string, readonly string[]>> = {
  CFGEN_PROFILE: ['profile'],
  CFGEN_DATA_DIR: ['dataDir'],
  CFGEN_HTTP_HOST: ['http', 'host'],
  CFGEN_HTTP_PORT: ['http', 'port'],
  CFGEN_UPLOAD_LIMIT: ['http', 'uploadLimit'],
  CFGEN_KAFKA_BROKERS: ['kafka', 'brokers'],
  CFGEN_KAFKA_TLS: ['kafka', 'tls'],
  CFGEN_KAFKA_USER: ['kafka', 'user'],
  CFGEN_KAFKA_PASSWORD: ['kafka', 'password'],
  CFGEN_KAFKA_MECHANISM: ['kafka', 'mechanism'],
  CFGEN_KAFKA_SESSION_SECONDS: ['kafka', 'sessionSeconds'],
  CFGEN_S3_ENDPOINT: ['s3', 'endpoint'],
  CFGEN_S3_REGION: ['s3', 'region'],
  CFGEN_S3_BUCKET: ['s3', 'bucket'],
  CFGEN_S3_ACCESS_KEY: ['s3', 'accessKey'],
  CFGEN_S3_SECRET_KEY: ['s3', 'secretKey'],
  CFGEN_DATABASE_URL: ['database', 'url'],
  CFGEN_DATABASE_POOL_SIZE: ['database', 'poolSize'],
  CFGEN_IMPORTS: ['imports'],
  CFGEN_COMPUTE_WORKERS: ['compute', 'workers'],
  CFGEN_THREADS: ['compute', 'threads'],
  CFGEN_ENGINE: ['compute', 'engine'],
  CFGEN_PRECISION: ['compute', 'precision'],
  CFGEN_MEMORY: ['compute', 'memory'],
  CFGEN_CACHE: ['compute', 'cache'],
  CFGEN_LEASE_SECONDS: ['jobs', 'leaseSeconds'],
  CFGEN_RENEW_SECONDS: ['jobs', 'renewSeconds'],
  CFGEN_MAX_ATTEMPTS: ['jobs', 'maxAttempts'],
  CFGEN_STOP_SECONDS: ['jobs', 'stopSeconds'],
  CFGEN_KEEP_DAYS: ['jobs', 'keepDays'],
  CFGEN_KEEP_BLOB_HOURS: ['jobs', 'keepBlobHours'],
  CFGEN_LOG_LEVEL: ['log', 'level'],
  CFGEN_OTLP_URL: ['otlpUrl'],
};

/** Threads and memory of one worker on this machine, where the configuration leaves them open. */
export function computeShare(compute: Configuration['compute']): { threads: number; memory: number } {
  const threads = compute.threads > 0 ? compute.threads : Math.max(1, Math.floor(os.availableParallelism() / compute.workers));
  const constrained = process.constrainedMemory();
  const usable = constrained <= 0 ? os.totalmem() : Math.min(os.totalmem(), constrained);
  const memory =
    compute.memory > 0 ? compute.memory : Math.max(64 * 2 ** 20, Math.min(8 * 2 ** 30, Math.floor(usable / 2 / compute.workers)));
  return { threads, memory };
}
