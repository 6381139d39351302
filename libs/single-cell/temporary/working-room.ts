/** How many bytes may be held in memory, and where temporary files go. */
export interface WorkingRoom {
  readonly memory: number;
  readonly tempFolder: string;
}
