import { startCorrections } from "/corrections.js";
import { startDrawing } from "/draw.js";
import { startPhoto } from "/photo.js";

startDrawing();
startPhoto();
startCorrections();
