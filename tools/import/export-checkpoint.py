"""Writes what `cfgen import` needs of a CFGen checkpoint (https://github.com/theislab/CFGen) into one safetensors file.

    python export-checkpoint.py flow.ckpt checkpoint.safetensors [train.h5ad]

Run it where the authors' package `cfgen` is installed: the checkpoint holds objects of its classes. With the file the model was trained
on (all its cells) the names of genes and labels are kept in the order of the tensors.
"""
import json, sys
import torch
from safetensors.torch import save_file

source, target, *data = sys.argv[1:]
checkpoint = torch.load(source, map_location="cpu", weights_only=False)
given, tensors = checkpoint["hyper_parameters"], dict(checkpoint["state_dict"])
facts = {"format": "cfgen-checkpoint", "version": 1}
if "denoising_model" in given:  # of the flow, which holds the autoencoder too
    flow, encoder = given["denoising_model"], given["encoder_model"]
    facts |= {name: given[name] for name in ("modality_list", "is_binarized", "covariate_list", "guidance_weights")}
    facts["flow"] = {name: getattr(flow, name) for name in ("conditional", "guided_conditioning", "conditioning_probability")}
    for name in ("size_factor_min", "size_factor_max"):
        value = getattr(flow, name)
        facts["flow"][name] = float(value["rna"] if isinstance(value, dict) else value)
    facts["flow"] |= {"sigma": given["sigma"], "use_ot": given["use_ot"]}
    mlp = encoder.encoder["rna"]
    facts["encoder"] = {
        "activation": mlp.activation.__name__,
        "final_activation": type(mlp.final_activation).__name__ if mlp.final_activation else None,
        "covariate_specific_theta": encoder.covariate_specific_theta,
    }
    tensors |= {f"feature_embeddings.{name}.embeddings.weight": table.embeddings.weight for name, table in given["feature_embeddings"].items()}
if data:
    import anndata, numpy
    cells = anndata.read_h5ad(data[0], backed="r")
    facts["genes"] = cells.var_names.tolist()
    facts["categories"] = {name: [str(value) for value in numpy.unique(numpy.array(cells.obs[name]))] for name in facts["covariate_list"]}
text = json.dumps(facts, default=lambda value: dict(value) if hasattr(value, "keys") else list(value))
save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, target, {"cfgen-checkpoint": text})
