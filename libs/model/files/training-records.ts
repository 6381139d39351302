import { z } from 'zod';
import { modelDescriptionSchema } from './model-description';

const count = z.int().min(0);
const { training, features, provenance, latentScale } = modelDescriptionSchema.shape;

/** What there is to know of a trained autoencoder besides its weights, as JSON, when its training and the rest are done apart. */
export const autoencoderRecordSchema = z.object({
  shape: z.object({
    features: z.int().min(1),
    hidden: z.array(z.int().min(1)),
    latent: z.int().min(1),
    variational: z.boolean(),
    labels: count,
  }),
  ...training.shape.autoencoder.shape,
  cells: count,
  features,
  data: provenance.shape.data,
  notes: z.array(z.string()),
  engine: z.string(),
});

/** What there is to know of a trained flow besides its weights, as JSON. */
export const flowRecordSchema = z.object({ ...training.shape.flow.shape, latentScale, engine: z.string() });
