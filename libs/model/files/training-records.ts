import { z } from 'zod';
import { modelSettingsSchema } from '../settings/model-settings';
import { modelDescriptionSchema } from './model-description';

const count = z.int().min(0);
const { training, features, carried, provenance, latentScale } = modelDescriptionSchema.shape;

const multimodal = modelSettingsSchema.shape.multimodal.unwrap().shape;

/** What there is to know of a trained autoencoder besides its weights, as JSON, when its training and the rest are done apart. */
export const autoencoderRecordSchema = z.object({
  shape: z.object({
    features: z.int().min(1),
    hidden: z.array(z.int().min(1)),
    latent: z.int().min(1),
    variational: z.boolean(),
    labels: count,
    atac: z
      .object({
        peaks: z.int().min(1),
        hidden: z.array(z.int().min(1)),
        rnaCode: z.int().min(1),
        code: z.int().min(1),
        latents: multimodal.latents,
        input: multimodal.atac.shape.input,
        likelihood: multimodal.atac.shape.likelihood,
      })
      .optional(),
  }),
  ...training.shape.autoencoder.shape,
  cells: count,
  features,
  /** The peaks, of models of two modalities. */
  atac: features.optional(),
  carried,
  data: provenance.shape.data,
  notes: z.array(z.string()),
  engine: z.string(),
});

/** What there is to know of a trained flow besides its weights, as JSON. */
export const flowRecordSchema = z.object({ ...training.shape.flow.shape, latentScale, engine: z.string() });
